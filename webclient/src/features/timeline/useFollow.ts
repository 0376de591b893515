import { useCallback, useEffect, useState } from "react";
import { useLiveContext } from "../../live/LiveContext";
import { serverNow } from "../../live/now";
import { viewAt } from "./scale";
import type { TimelineHandle } from "./visTimeline";

/** Now may wander this far into the view before it is turned back like a page: calmer than a picture that creeps. */
const turnAt = 0.5;

/** Keeps now in sight until somebody moves the view, and again after `follow`. `held` stops it meanwhile. */
export function useFollow(handle: TimelineHandle | undefined, held: boolean) {
  const { store } = useLiveContext();
  const [following, setFollowing] = useState(true);

  useEffect(() => {
    if (!handle || !following || held) return;
    const timer = setInterval(() => {
      const now = serverNow(store);
      const view = handle.view();
      const place = (now - view.start) / (view.end - view.start);
      if (place > turnAt || place < 0) handle.show(viewAt(view, now), true);
    }, 1_000);
    return () => clearInterval(timer);
  }, [handle, following, held, store]);

  const follow = useCallback(() => {
    setFollowing(true);
    handle?.show(viewAt(handle.view(), serverNow(store)), true);
  }, [handle, store]);
  const leave = useCallback(() => setFollowing(false), []);
  return { following, follow, leave };
}
