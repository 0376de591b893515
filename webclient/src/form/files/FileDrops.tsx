import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useNotify } from "../../components/Notices";
import type { FileKind } from "../../gen/comfyscheduler/v1/input_pb";
import { fileWords } from "../values";
import { type Described, kindOfFile, takes } from "./kinds";

/** DropField is a field that takes files. */
export interface DropField {
  readonly kind: FileKind;
  /** Nobody has put a file into it yet. */
  readonly untouched: boolean;
  readonly take: (file: File) => void;
}

interface Drops {
  /** What is being dragged over the page, as far as the browser tells. */
  readonly dragged: readonly Described[];
  readonly join: (field: DropField) => () => void;
}

const DropsContext = createContext<Drops>({ dragged: [], join: () => () => {} });
const nothing: readonly Described[] = [];

/** Takes files that are dropped or pasted anywhere on the page to the fields that take their kind. */
export function FileDrops({ children }: { children: ReactNode }) {
  const [dragged, setDragged] = useState(nothing);
  const fields = useRef(new Set<DropField>());
  const notify = useNotify();
  const join = useCallback((field: DropField) => {
    fields.current.add(field);
    return () => void fields.current.delete(field);
  }, []);

  useEffect(() => {
    const hand = (files: readonly File[]) => {
      // A window over the page is for something else.
      if (document.querySelector("dialog[open]")) return;
      const free = new Set(fields.current);
      for (const file of files) {
        const field = fieldFor(file, [...free]);
        if (field) {
          free.delete(field);
          field.take(file);
        } else notify({ tone: "bad", about: "drop", title: refusal(file, fields.current.size) });
      }
    };
    return listen(hand, setDragged);
  }, [notify]);
  return <DropsContext value={useMemo(() => ({ dragged, join }), [dragged, join])}>{children}</DropsContext>;
}

/** Makes a field one of those that files go to. Says whether what is dragged at the moment could go there. */
export function useDrops(field: DropField): boolean {
  const { dragged, join } = use(DropsContext);
  const latest = useRef(field);
  useEffect(() => {
    latest.current = field;
  });
  useEffect(
    () =>
      join({
        get kind() {
          return latest.current.kind;
        },
        get untouched() {
          return latest.current.untouched;
        },
        take: (file) => latest.current.take(file),
      }),
    [join],
  );
  return dragged.some((file) => takes(field.kind, file));
}

/** The field for a file: one that still has nothing of its own, else the first that takes its kind; masks are asked for last. */
export function fieldFor(file: Described, fields: readonly DropField[]): DropField | undefined {
  const able = fields.filter(({ kind }) => takes(kind, file)).sort((a, b) => a.kind - b.kind);
  return able.find(({ untouched }) => untouched) ?? able[0];
}

function refusal(file: File, fields: number): string {
  if (fields === 0) return "This form takes no files.";
  return `No field here takes a ${fileWords[kindOfFile(file)]} such as “${file.name}”.`;
}

/** Listens for files on the whole page. What a field has taken itself is over by then. */
function listen(hand: (files: readonly File[]) => void, tell: (dragged: readonly Described[]) => void): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  // Every element that the pointer crosses is entered and left.
  let depth = 0;
  const move = (by: number) => (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    depth = Math.max(0, depth + by);
    if (by === 0) return;
    const items = [...event.dataTransfer.items].filter(({ kind }) => kind === "file").map(({ type }) => ({ type }));
    tell(depth > 0 ? items : nothing);
  };
  const drop = (event: DragEvent) => {
    depth = 0;
    tell(nothing);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0 || event.defaultPrevented) return;
    event.preventDefault();
    hand(files);
  };
  const paste = (event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])];
    // Programs that copy text put a picture of it beside it.
    const text = event.clipboardData?.types.includes("text/plain") ?? false;
    if (files.length === 0 || event.defaultPrevented || (text && isText(event.target))) return;
    event.preventDefault();
    hand(files);
  };
  addEventListener("dragenter", move(1), { signal });
  addEventListener("dragleave", move(-1), { signal });
  addEventListener("dragover", move(0), { signal });
  addEventListener("drop", drop, { signal });
  addEventListener("paste", paste, { signal });
  return () => stop.abort();
}

function isText(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("input, textarea");
}
