import { type ReactNode, useEffect, useState } from "react";
import { useLocation, useNavigate } from "react-router";
import { Button } from "../../components/Button";
import { Complaint } from "../../components/Complaint";
import { TextLink } from "../../components/TextLink";
import { CodeForm } from "../../features/door/CodeForm";
import { codeOf } from "../../features/door/Door";
import { DoorCard } from "../../features/door/DoorCard";
import { useArrival } from "../../features/door/useArrival";
import { AccessMode } from "../../gen/comfyscheduler/v1/state_pb";
import { useCall } from "../../lib/useCall";
import { useLive } from "../../live/LiveContext";
import { PageSkeleton } from "./PageSkeleton";

/** Where the link of an invitation leads. Its code is in the fragment, which no server and no log gets to see. */
export default function InvitationPage() {
  const code = useCode();
  const navigate = useNavigate();
  const { asNewUser } = useArrival();
  const outside = useLive(({ link }) => link.phase === "signed-out");
  const name = useLive(({ me }) => me?.name);
  const mode = useLive(({ system }) => system?.accessMode);
  const enter = () => navigate("/", { replace: true });
  if (name !== undefined) {
    if (mode === undefined) return <PageSkeleton />;
    return <AlreadyHere name={name} open={mode === AccessMode.OPEN} code={code} onEnter={enter} />;
  }
  if (!outside) return <PageSkeleton />;
  return (
    <DoorCard title="You are invited">
      <p className="text-ink-soft">
        Somebody wants you to book time on this scheduler's GPU. Accepting makes you a user of your own in this browser;
        you can choose your name afterwards.
      </p>
      {code === "" ? (
        <CodeForm
          label="Invitation"
          hint="The code of your invitation, or its link."
          button="Accept the invitation"
          onSubmit={(text) => asNewUser(codeOf(text))}
          onDone={enter}
        />
      ) : (
        <Accept code={code} onEnter={enter}>
          Accept the invitation
        </Accept>
      )}
      <p className="text-ink-soft text-sm">
        You have been here before? <TextLink to="/sign-in">Sign in with a token</TextLink> and keep the invitation.
      </p>
    </DoorCard>
  );
}

/** Somebody who is signed in must not become somebody else by following a link. */
function AlreadyHere({
  name,
  open,
  code,
  onEnter,
}: {
  name: string;
  open: boolean;
  code: string;
  onEnter: () => void;
}) {
  return (
    <DoorCard title={`You are ${name} here already`}>
      <p className="text-ink-soft">
        {open
          ? "This scheduler is open to everybody: no invitation is needed."
          : "The invitation is not used up. Pass it on, or use it to become another user in this browser."}
      </p>
      <Button tone="primary" large onClick={onEnter}>
        Go on as {name}
      </Button>
      {!open && code !== "" && (
        <Accept code={code} quiet onEnter={onEnter}>
          Become a new user instead
        </Accept>
      )}
    </DoorCard>
  );
}

function Accept(props: { code: string; quiet?: boolean; onEnter: () => void; children: ReactNode }) {
  const { code, quiet, onEnter, children } = props;
  const { asNewUser } = useArrival();
  const { busy, problem, run } = useCall();
  return (
    <div className="grid gap-2">
      <Button
        tone={quiet ? "quiet" : "primary"}
        large
        disabled={busy}
        onClick={async () => (await run(() => asNewUser(code))) && onEnter()}
      >
        {children}
      </Button>
      {problem && <Complaint>{problem.message}</Complaint>}
    </div>
  );
}

/** The code from the address, which forgets it at once: neither history nor a shared screen should keep it. */
function useCode(): string {
  const { hash, pathname } = useLocation();
  const navigate = useNavigate();
  const [code, setCode] = useState(() => hash.slice(1));
  useEffect(() => {
    if (hash.length < 2) return;
    setCode(hash.slice(1));
    void navigate(pathname, { replace: true });
  }, [hash, pathname, navigate]);
  return code;
}
