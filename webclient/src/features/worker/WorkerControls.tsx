import { useEffect, useRef, useState } from "react";
import { Button } from "../../components/Button";
import { useNotify } from "../../components/Notices";
import type { Worker } from "../../gen/comfyscheduler/v1/worker_pb";
import { problemOf } from "../../lib/problem";
import { useLiveContext } from "../../live/LiveContext";

const logLines = 200;
const logEvery = 3_000;

/** What administrators may do to a worker. */
export function WorkerControls({ worker }: { worker: Worker }) {
  const { api } = useLiveContext();
  const notify = useNotify();
  const [asking, setAsking] = useState(false);
  const [logOpen, setLogOpen] = useState(false);

  const restart = async () => {
    setAsking(false);
    try {
      await api.workers.restartWorker({ workerId: worker.id });
      notify({ tone: "plain", title: "ComfyUI is restarting." });
    } catch (cause) {
      notify({ tone: "bad", title: "Not restarted.", detail: problemOf(cause).message });
    }
  };

  return (
    <div className="space-y-3 border-line border-t pt-3">
      {asking ? (
        <div role="alertdialog" aria-label="Restart ComfyUI?" className="space-y-2 text-sm">
          <p>A job that runs now is booked again. Restart ComfyUI?</p>
          <div className="flex gap-2">
            <Button tone="danger" autoFocus onClick={() => void restart()}>
              Restart
            </Button>
            <Button onClick={() => setAsking(false)}>Leave it</Button>
          </div>
        </div>
      ) : (
        <div className="flex flex-wrap gap-2">
          {worker.remote ? (
            <p className="text-ink-soft text-sm">
              It is started by somebody else: its log and its restart are on that machine.
            </p>
          ) : (
            <>
              <Button aria-expanded={logOpen} onClick={() => setLogOpen(!logOpen)}>
                {logOpen ? "Hide log" : "Show log"}
              </Button>
              <Button tone="danger" onClick={() => setAsking(true)}>
                Restart ComfyUI
              </Button>
            </>
          )}
        </div>
      )}
      {logOpen && <WorkerLog workerId={worker.id} />}
    </div>
  );
}

function WorkerLog({ workerId }: { workerId: string }) {
  const { api } = useLiveContext();
  const [text, setText] = useState("Reading…");
  const box = useRef<HTMLPreElement>(null);

  useEffect(() => {
    const stop = new AbortController();
    const read = () =>
      api.workers.getWorkerLog({ workerId, lines: logLines }, { signal: stop.signal }).then(
        ({ lines }) => setText(lines.join("\n") || "The log is empty."),
        (cause) => stop.signal.aborted || setText(problemOf(cause).message),
      );
    void read();
    const timer = setInterval(read, logEvery);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [api, workerId]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: new text is the reason to scroll
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);

  return (
    <pre
      ref={box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
      tabIndex={0}
      role="log"
      aria-label="ComfyUI's log"
      className="max-h-72 overflow-auto whitespace-pre rounded-lg bg-sunken p-3 text-[0.6875rem] leading-relaxed"
    >
      {text}
    </pre>
  );
}
