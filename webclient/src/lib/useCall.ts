import { useCallback, useState } from "react";
import { type Problem, problemOf } from "./problem";

/** Call runs what a form or a button asks of the server. */
export interface Call {
  readonly busy: boolean;
  readonly problem: Problem | undefined;
  /** Resolves to whether it went well. */
  readonly run: (work: () => Promise<void>) => Promise<boolean>;
  readonly forget: () => void;
}

/** Keeps whether a call is under way, and what went wrong with the last one. */
export function useCall(): Call {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const run = useCallback(async (work: () => Promise<void>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
      return true;
    } catch (cause) {
      setProblem(problemOf(cause));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  const forget = useCallback(() => setProblem(undefined), []);
  return { busy, problem, run, forget };
}
