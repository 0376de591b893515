import { useEffect, useRef } from "react";
import { useNotify } from "../../components/Notices";
import { useLive } from "../../live/LiveContext";

/** Offers to reload when the server came back as another version than the page was made for. */
export function UpgradeNotice() {
  const version = useLive(({ system }) => system?.version);
  const notify = useNotify();
  const first = useRef<string>(undefined);
  useEffect(() => {
    if (version === undefined) return;
    first.current ??= version;
    if (first.current === version) return;
    first.current = version;
    notify({
      tone: "plain",
      title: "The scheduler was updated.",
      action: { label: "Reload", run: () => location.reload() },
    });
  }, [version, notify]);
  return null;
}
