import { useEffect, useState } from "react";
import { Button } from "../../components/Button";
import { useLive, useLiveContext } from "../../live/LiveContext";

/** A pause shorter than this is not worth a banner: most reconnects are over before one could be read. */
const grace = 1_500;

/** Says that the page is no longer live, and when it tries again. */
export function LinkBanner() {
  const { link } = useLiveContext();
  const state = useLive((live) => live.link);
  const seen = useLive(({ revision }) => revision !== undefined);
  const away = state.phase === "connecting" || state.phase === "waiting";
  const [since, setSince] = useState<number>();
  const [now, setNow] = useState(0);

  useEffect(() => {
    if (!away) return setSince(undefined);
    const start = Date.now();
    setSince(start);
    setNow(start);
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [away]);

  if (since === undefined || now - since < grace) return null;
  const refused = state.phase === "waiting" && state.refused;
  const wait = state.phase === "waiting" ? Math.max(0, Math.ceil((state.retryAt - now) / 1000)) : 0;
  return (
    <div role="alert" className="border-failed border-b bg-failed-wash">
      <div className="mx-auto flex max-w-[110rem] flex-wrap items-center gap-x-4 gap-y-1 px-3 py-2 sm:px-6">
        <p className="font-medium text-failed-ink">
          {refused
            ? "The server does not let this browser in."
            : seen
              ? "The connection is lost."
              : "The server does not answer."}
        </p>
        <p className="text-ink-soft text-sm">
          {refused && state.phase === "waiting" ? `${state.reason} ` : ""}
          {seen && "What you see may be old. "}
          {wait > 0 ? `Trying again in ${wait} s.` : "Trying again…"}
        </p>
        <Button className="ml-auto" onClick={link.retry} disabled={state.phase === "connecting"}>
          Try now
        </Button>
      </div>
    </div>
  );
}
