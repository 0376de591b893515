// Package conformance holds the service against a real ComfyUI. It is tests only: "make test-comfyui" runs them with
//
//	COMFYUI_ROOT    ComfyUI's folder, the one with main.py; version 0.3.57 or later
//	COMFYUI_PYTHON  the Python that runs it
//
// and without these they are skipped. They start the service's own program, drive it through its public API, and need
// neither models nor a GPU: ComfyUI runs on the CPU with the nodes of testdata/custom_nodes, in a base directory of its
// own. COMFYSCHEDULER_BIN names a program to test instead of one that is built for it.
package conformance
