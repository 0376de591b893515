package fitness

// ModelFolder is for tests of the table.
var ModelFolder = modelFolder

// Nearest is for tests of what is alike.
var Nearest = nearest
