import { useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { Button } from "../../components/Button";
import { Complaint } from "../../components/Complaint";
import { AccessMode } from "../../gen/comfyscheduler/v1/state_pb";
import { useCall } from "../../lib/useCall";
import { closedBy } from "../../live/feed";
import { useLive } from "../../live/LiveContext";
import { type Memory, recall } from "../../live/memory";
import { CodeForm } from "./CodeForm";
import { DoorCard, Or } from "./DoorCard";
import { useArrival } from "./useArrival";

/** What a visitor sees whom the service does not know: why, and every way in that there is. */
export default function Door() {
  const told = useLive(({ link }) => (link.phase === "signed-out" ? link.mode : AccessMode.UNSPECIFIED));
  const [memory] = useState(recall);
  const [refused, setRefused] = useState(AccessMode.UNSPECIFIED);
  const mode = refused || told || (memory?.mode ?? AccessMode.UNSPECIFIED);
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const { withToken, asNewUser } = useArrival();
  // The page that was asked for shows by itself; a page about signing in has done its work.
  const enter = () => pathname === "/sign-in" && navigate("/", { replace: true });
  return (
    <DoorCard title={memory ? "You are signed out" : "Sign in"}>
      <p className="text-ink-soft">{reasonWords(memory, mode)}</p>
      {mode === AccessMode.INVITE && (
        <>
          <CodeForm
            label="Invitation"
            hint="The code of your invitation, or its link."
            button="Accept the invitation"
            onSubmit={(text) => asNewUser(codeOf(text))}
            onDone={enter}
          />
          <Or />
        </>
      )}
      <CodeForm
        label="Token"
        hint="Made on the account page of a browser that is signed in, or by an administrator."
        button={memory?.name ? "Sign in again" : "Sign in"}
        tone={mode === AccessMode.INVITE ? "quiet" : "primary"}
        secret
        onSubmit={withToken}
        onDone={enter}
      />
      {mode !== AccessMode.INVITE && mode !== AccessMode.CLOSED && (
        <>
          <Or />
          <NewUser onEnter={enter} onRefused={setRefused} />
        </>
      )}
    </DoorCard>
  );
}

function NewUser({ onEnter, onRefused }: { onEnter: () => void; onRefused: (mode: AccessMode) => void }) {
  const { asNewUser } = useArrival();
  const { busy, problem, run } = useCall();
  const refusal = problem && closedBy(problem.reason);
  // The service was restarted in another mode: it is the first that says so.
  useEffect(() => {
    if (refusal !== undefined) onRefused(refusal);
  }, [refusal, onRefused]);
  return (
    <div className="grid gap-2">
      <Button large disabled={busy} onClick={async () => (await run(() => asNewUser())) && onEnter()}>
        Continue as a new user
      </Button>
      {problem && <Complaint>{problem.message}</Complaint>}
    </div>
  );
}

function reasonWords(memory: Memory | undefined, mode: AccessMode): string {
  if (memory?.left) return `You signed out of this browser${memory.name && ` as ${memory.name}`}. Your bookings stay.`;
  if (memory) {
    const who = memory.name ? `${memory.name} was` : "You were";
    return `${who} signed out: this browser's token was revoked. The bookings stay.`;
  }
  if (mode === AccessMode.INVITE)
    return "This scheduler takes new users by invitation. Open the link that you were given, or enter its code.";
  return "This scheduler's users are made by its administrators. Ask one for a token.";
}

/** The code in what was pasted: an invitation's link holds it in its fragment. */
export function codeOf(text: string): string {
  return text.slice(text.indexOf("#") + 1).trim();
}
