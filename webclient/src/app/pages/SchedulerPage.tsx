import { useState } from "react";
import { Button } from "../../components/Button";
import { useNotify } from "../../components/Notices";
import { formatTime } from "../../lib/format";
import { problemOf } from "../../lib/problem";
import { randomUuid } from "../../lib/random";
import { promptLine, statusWords } from "../../lib/words";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { selectEnded, selectRunning, selectUpcoming } from "../../live/selectors";

export default function SchedulerPage() {
  const { api } = useLiveContext();
  const notify = useNotify();
  const running = useLive(selectRunning);
  const upcoming = useLive(selectUpcoming);
  const ended = useLive(selectEnded);
  const [prompt, setPrompt] = useState("");
  const book = async () => {
    try {
      const { job } = await api.scheduler.bookJob({
        requestId: randomUuid(),
        start: { case: "nextFreeFrom", value: 0n },
        prompt,
      });
      if (job) notify({ tone: "good", title: `Booked for ${formatTime(Number(job.timeSlot))}.` });
    } catch (cause) {
      notify({ tone: "bad", title: problemOf(cause).message });
    }
  };
  return (
    <main className="mx-auto w-full max-w-3xl space-y-4 p-4">
      <textarea
        aria-label="Prompt"
        className="field"
        value={prompt}
        onChange={(event) => setPrompt(event.target.value)}
      />
      <Button tone="primary" large onClick={book}>
        Book next free slot
      </Button>
      <ul className="space-y-1">
        {[...running, ...upcoming, ...ended].map((job) => (
          <li key={job.id} className="card p-3">
            {formatTime(Number(job.timeSlot))} {statusWords[job.status]} {job.userName} {promptLine(job)}
          </li>
        ))}
      </ul>
    </main>
  );
}
