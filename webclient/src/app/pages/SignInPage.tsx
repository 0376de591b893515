import { useNavigate } from "react-router";
import { TextLink } from "../../components/TextLink";
import { CodeForm } from "../../features/door/CodeForm";
import { DoorCard } from "../../features/door/DoorCard";
import { useArrival } from "../../features/door/useArrival";
import { useLive } from "../../live/LiveContext";
import { PageSkeleton } from "./PageSkeleton";

/** Signing in as somebody else than the page's user, such as the administrator. */
export default function SignInPage() {
  const name = useLive(({ me }) => me?.name);
  const navigate = useNavigate();
  const { withToken } = useArrival();
  if (name === undefined) return <PageSkeleton />;
  return (
    <DoorCard title="Sign in with a token">
      <p className="text-ink-soft">
        This browser is signed in as <b className="text-ink">{name}</b>. Another token takes its place. To come back as{" "}
        {name}, <TextLink to="/account">make a token</TextLink> and keep it first.
      </p>
      <CodeForm
        label="Token"
        hint="Made on the account page of a browser that is signed in, or by an administrator."
        button="Sign in"
        secret
        onSubmit={withToken}
        onDone={() => navigate("/", { replace: true })}
      />
    </DoorCard>
  );
}
