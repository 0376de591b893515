import { useCallback, useSyncExternalStore } from "react";
import { useLive, useLiveContext } from "./LiveContext";

type Edit<T> = (change: (draft: T | undefined) => T | undefined) => void;

/** What the visitor typed into the form of this name and has not sent yet. Nobody else who signs in here sees it. */
export function useDraft<T>(form: string): [draft: T | undefined, edit: Edit<T>] {
  const { drafts } = useLiveContext();
  const name = `${useLive(({ me }) => me?.id ?? "")}/${form}`;
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.get<T>(name));
  const edit = useCallback<Edit<T>>((change) => drafts.set(name, change(drafts.get<T>(name))), [drafts, name]);
  return [draft, edit];
}
