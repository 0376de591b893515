package simulator

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"
)

// Options is the command line of a simulated ComfyUI. Bind gives every field that has
// a flag its default.
type Options struct {
	// ComfyUI's own flags.
	Listen                 string // comma-separated addresses
	Port                   int    // 0 takes any free port
	BaseDirectory          string // input, output, temp and user are below it
	OutputDirectory        string
	InputDirectory         string
	TempDirectory          string  // "temp" below it is wiped at start and at a clean stop
	UserDirectory          string  // must exist
	PreviewMethod          string  // none (no previews), auto, latent2rgb or taesd
	DisableAutoLaunch      bool    // accepted; there is no browser to launch
	DisableMetadata        bool    // no graph in saved pictures
	MaxUploadSize          float64 // MiB of any request's body
	WindowsStandaloneBuild bool    // accepted
	CPU                    bool    // accepted
	CUDADevice             int     // accepted; a run takes the same time on any
	DatabaseURL            string  // accepted; nothing is kept in a database

	SampleInputs bool // an empty input folder is filled with a few files

	// How long things take.
	StartTime  time.Duration // before the port opens
	LoadTime   time.Duration // all models of a graph, once per process
	EncodeTime time.Duration // a text
	StepTime   time.Duration // a sampler step of one megapixel
	StepGrowth float64       // power of the megapixels with which a step takes longer: 1 is linear
	DecodeTime time.Duration // a picture from or to latent space
	Compile    time.Duration // the first run of a size, batch and length since the start
	TimeNoise  float64       // by which share the times vary from run to run: 0.02 is 2 %
	Outliers   float64       // share of the runs whose steps take three times as long
	Resident   int           // model files that stay in memory, those used last; 0: all

	Misbehave     Misbehaviours
	MisbehaveSeed uint64 // of what is random in it, and in the times
	RunLog        string // file of every run's start and end; empty: none

	Log  io.Writer // nil: os.Stderr
	Argv []string  // what /system_stats tells; nil: os.Args
}

// Bind declares the flags.
func (o *Options) Bind(fs *pflag.FlagSet) {
	fs.StringVar(&o.Listen, "listen", "127.0.0.1", "addresses to listen on, comma-separated")
	fs.IntVar(&o.Port, "port", 8188, "port to listen on (0: any free one)")
	fs.StringVar(&o.BaseDirectory, "base-directory", "", "folder of input, output, temp and user (default: the working directory)")
	fs.StringVar(&o.OutputDirectory, "output-directory", "", "folder of saved pictures")
	fs.StringVar(&o.InputDirectory, "input-directory", "", "folder of uploaded pictures")
	fs.StringVar(&o.TempDirectory, "temp-directory", "", "folder whose subfolder temp is wiped and used for previews")
	fs.StringVar(&o.UserDirectory, "user-directory", "", "folder of user data; it must exist")
	fs.StringVar(&o.PreviewMethod, "preview-method", "none", "none, auto, latent2rgb or taesd; all but none send previews")
	fs.BoolVar(&o.DisableAutoLaunch, "disable-auto-launch", false, "accepted for ComfyUI's sake")
	fs.BoolVar(&o.DisableMetadata, "disable-metadata", false, "do not write the graph into pictures")
	fs.Float64Var(&o.MaxUploadSize, "max-upload-size", defaultUpload, "`MIB` of the largest request")
	fs.BoolVar(&o.WindowsStandaloneBuild, "windows-standalone-build", false, "accepted for ComfyUI's sake")
	fs.BoolVar(&o.CPU, "cpu", false, "accepted for ComfyUI's sake")
	fs.IntVar(&o.CUDADevice, "cuda-device", 0, "accepted for ComfyUI's sake")
	fs.StringVar(&o.DatabaseURL, "database-url", "", "accepted for ComfyUI's sake")
	fs.BoolVar(&o.SampleInputs, "sample-inputs", true, "put a few pictures, a video and a sound into an empty input folder")
	fs.DurationVar(&o.StartTime, "start-time", 500*time.Millisecond, "time before the port opens")
	fs.DurationVar(&o.LoadTime, "load-time", time.Second, "time to load a graph's models, once")
	fs.DurationVar(&o.EncodeTime, "encode-time", 100*time.Millisecond, "time to encode a text")
	fs.DurationVar(&o.StepTime, "step-time", 300*time.Millisecond, "time of a sampler step of one megapixel")
	fs.Float64Var(&o.StepGrowth, "step-growth", 1, "`POWER` of the megapixels with which a step takes longer")
	fs.DurationVar(&o.DecodeTime, "decode-time", 150*time.Millisecond, "time to decode a picture of one megapixel")
	fs.DurationVar(&o.Compile, "compile-time", 0, "time that the first run of each size, batch and length takes longer")
	fs.IntVar(&o.Resident, "resident-models", 0, "model `FILES` that stay in memory, those used last (0: all)")
	fs.Float64Var(&o.Outliers, "outliers", 0, "`SHARE` of runs whose steps take three times as long, such as 0.01")
	fs.Float64Var(&o.TimeNoise, "time-noise", 0, "`SHARE` by which loading, steps and decoding vary at random, such as 0.02")
	fs.Var(&o.Misbehave, "misbehave", "misbehave as `KIND[=ARG]` says (repeatable): "+kindList())
	fs.Uint64Var(&o.MisbehaveSeed, "misbehave-seed", 0, "`SEED` of what is random in the misbehaviour and in the times")
	fs.StringVar(&o.RunLog, "run-log", "", "append a line for every start and end of a run to this `FILE`")
}

// validate reports what is wrong with the options before anything is touched.
func (o *Options) validate() error {
	if o.Port < 0 || o.Port > 65535 {
		return fmt.Errorf("--port %d: want 0 to 65535", o.Port)
	}
	if !(o.TimeNoise >= 0 && o.TimeNoise <= 1) {
		return fmt.Errorf("--time-noise %v: want 0 to 1", o.TimeNoise)
	}
	if !(o.StepGrowth >= 0 && o.StepGrowth <= 3) {
		return fmt.Errorf("--step-growth %v: want 0 to 3", o.StepGrowth)
	}
	if !(o.Outliers >= 0 && o.Outliers <= 1) {
		return fmt.Errorf("--outliers %v: want 0 to 1", o.Outliers)
	}
	switch o.PreviewMethod {
	case "none", "auto", "latent2rgb", "taesd":
	default:
		return fmt.Errorf("--preview-method %q: want none, auto, latent2rgb or taesd", o.PreviewMethod)
	}
	if o.UserDirectory != "" {
		if info, err := os.Stat(o.UserDirectory); err != nil || !info.IsDir() {
			return fmt.Errorf("--user-directory %q: not an existing directory", o.UserDirectory)
		}
	}
	return nil
}

// folders are the directories of one process by ComfyUI's names for them.
type folders struct {
	byType map[string]string // "output", "input", "temp"
}

// prepareFolders creates the folders, and empties temp as ComfyUI does. Without an explicit
// place for temp it takes a new system temporary directory rather than wipe ./temp.
func (o *Options) prepareFolders() (folders, error) {
	temp := filepath.Join(o.BaseDirectory, "temp")
	switch {
	case o.TempDirectory != "":
		temp = filepath.Join(o.TempDirectory, "temp")
	case o.BaseDirectory == "":
		created, err := os.MkdirTemp("", "comfyui-simulated-")
		if err != nil {
			return folders{}, err
		}
		temp = created
	}
	if err := os.RemoveAll(temp); err != nil {
		return folders{}, err
	}
	f := folders{byType: map[string]string{"temp": temp}}
	for kind, given := range map[string]string{"output": o.OutputDirectory, "input": o.InputDirectory} {
		if given == "" {
			given = filepath.Join(o.BaseDirectory, kind)
		}
		f.byType[kind] = given
	}
	for kind, dir := range f.byType {
		absolute, err := filepath.Abs(dir)
		if err != nil {
			return folders{}, err
		}
		if err := os.MkdirAll(absolute, 0o755); err != nil {
			return folders{}, err
		}
		f.byType[kind] = absolute
	}
	return f, nil
}

// modelFolder holds further models. Without a base directory there is none, lest a folder called models be taken for it.
func (o *Options) modelFolder() string {
	if o.BaseDirectory == "" {
		return ""
	}
	return filepath.Join(o.BaseDirectory, "models")
}

// wipeTemp removes the temp folder at a clean stop.
func (f folders) wipeTemp() error { return os.RemoveAll(f.byType["temp"]) }
