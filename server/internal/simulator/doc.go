// Package simulator is a stand-in for ComfyUI: a process that speaks ComfyUI's HTTP and
// websocket API as version 0.3.64 does, takes a configurable time for a run and saves
// pictures that say they are simulated, and files of other kinds. The server starts it like
// a real ComfyUI, so that launching, waiting, running, cancelling and crashing all go the
// real way. It knows the node classes of graph/classes and no others.
//
// # Misbehaviour
//
// The flag --misbehave KIND[=ARG] (repeatable) makes the whole process misbehave; the
// marker [[KIND]] or [[KIND=ARG]] in any text of a graph does it for that run alone. N is
// the number of the first run concerned, counted from 1 since the start of the process
// (warm-up and benchmark count too); without it every run is.
//
//	kind             argument      marker  effect
//	slow             DURATION      yes     every sampler step takes this long
//	hang             [N]           yes     the run stops half-way for good and is deaf to interrupts
//	deaf             [N]           yes     the run does not hear interrupts
//	crash            [N]           yes     the process exits with 1 half-way through the run
//	crash-at-end     [N]           yes     the process exits with 1 when the run has succeeded, before its history is written
//	error, fail      [N]           yes     a node raises half-way through the run
//	lose-gpu         [N]           yes     this run and all that follow fail at their first node with a CUDA error, until a new start
//	spoil            [N]           yes     the same with an error that does not tell why
//	no-result        [N]           yes     the run succeeds but saves nothing
//	black            [N]           yes     the pictures are black
//	flat             [N]           yes     the pictures are of one grey
//	empty-file       [N]           yes     the files are empty
//	empty-history    [N]           yes     the run never appears in /history
//	lose-end         [N]           yes     the run's last frame, "executing" without a node, is not sent
//	mute-ws          [N]           yes     no frames are sent; runs and history go on
//	print            [N]           yes     the texts of the graph are written into the log, as they are
//	bad-frames       [N]           yes     malformed text and binary frames between the good ones
//	lose-frames      PROBABILITY   no      each text frame is lost with this probability, always the same ones for one --misbehave-seed
//	delay-frames     DURATION      yes     each frame is held back for a random time up to this; their order stays
//	crash-on-start   -             no      the process exits with 1 instead of opening its port
//	never-open-port  -             no      the process lives on without opening its port
//
// "Half-way" is in the middle of sampling, or at the first output node of a graph without
// a sampler; there slow delays that node instead.
package simulator
