// Package webclient holds the built web client, so that the server is one file. It has no logic of its own.
package webclient

import "embed"

// Dist is Vite's output folder "dist". It has no index.html until the web client has been built.
//
//go:embed all:dist
var Dist embed.FS
