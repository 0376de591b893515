import { Tokens } from "../../features/account/Tokens";
import { You } from "../../features/account/You";
import { useLive } from "../../live/LiveContext";
import { PageSkeleton } from "./PageSkeleton";

/** The visitor's own page: name, tokens, and the way out. */
export default function AccountPage() {
  const me = useLive((state) => state.me);
  if (!me) return <PageSkeleton />;
  return (
    <main className="mx-auto w-full max-w-6xl p-3 sm:p-6">
      <title>Account · ComfyScheduler</title>
      <h1 className="sr-only">Account</h1>
      <div className="grid items-start gap-4 sm:gap-5 lg:grid-cols-[minmax(0,26rem)_minmax(0,1fr)]">
        <You me={me} />
        {/* Another user's tokens are another list. */}
        <Tokens key={me.id} />
      </div>
    </main>
  );
}
