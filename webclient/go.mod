module github.com/comfyscheduler/comfyscheduler/webclient

go 1.26.0

ignore (
	./node_modules
	./src
)
