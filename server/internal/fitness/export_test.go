package fitness

// Nearest is for tests of what is alike.
var Nearest = nearest
