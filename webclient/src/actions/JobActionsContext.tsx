import { createContext, type ReactNode, use, useMemo } from "react";
import { useNotify } from "../components/Notices";
import { useLiveContext } from "../live/LiveContext";
import { createJobActions, type JobActions } from "./jobActions";

const JobActionsContext = createContext<JobActions | undefined>(undefined);

/** Gives the page below it one set of actions, so that a move made anywhere can be undone anywhere. */
export function JobActionsProvider({ actions, children }: { actions?: JobActions; children: ReactNode }) {
  const live = useLiveContext();
  const notify = useNotify();
  const own = useMemo(() => createJobActions(live, notify), [live, notify]);
  return <JobActionsContext value={actions ?? own}>{children}</JobActionsContext>;
}

/** The actions of the page. They never change. */
export function useJobActions(): JobActions {
  const actions = use(JobActionsContext);
  if (!actions) throw new Error("useJobActions needs a JobActionsProvider");
  return actions;
}
