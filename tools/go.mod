module github.com/comfyscheduler/comfyscheduler/tools

go 1.26.0
