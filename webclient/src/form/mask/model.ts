import { changeAll, createHistory } from "../../lib/mask/history";
import { type Area, type Dab, invert, type Mask, paint } from "../../lib/mask/mask";
import { type MaskUse, maskOf, type Pixels, resized } from "../../lib/mask/pixels";

/** MaskModel is a mask in the making. */
export interface MaskModel {
  readonly pixels: Pixels;
  readonly mask: Mask;
  readonly begin: () => void;
  readonly paint: (dab: Dab) => void;
  readonly end: (keep: boolean) => void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly invert: () => void;
  readonly clear: () => void;
  readonly canUndo: () => boolean;
  readonly canRedo: () => boolean;
  /** Calls `changed` with what is another, an empty area where only steps were added; stops when what it gave is called. */
  readonly watch: (changed: (area: Area) => void) => () => void;
}

/** Begins with the mask that `before` holds, or none. */
export function createModel(pixels: Pixels, before: Pixels | undefined, use: MaskUse): MaskModel {
  const { width, height } = pixels;
  const mask: Mask = before
    ? resized(maskOf(before, use), width, height)
    : { width, height, data: new Uint8Array(width * height) };
  const history = createHistory(mask);
  const watchers = new Set<(area: Area) => void>();
  const tell = (area: Area | undefined) => {
    if (area) for (const watcher of watchers) watcher(area);
  };
  return {
    pixels,
    mask,
    begin: history.begin,
    paint: (dab) => {
      const area = paint(mask, dab);
      history.changed(area);
      tell(area);
    },
    // Told in any case: with the end of a stroke there is a step to take back.
    end: (keep) => tell(history.end(keep) ?? { left: 0, top: 0, right: 0, bottom: 0 }),
    undo: () => tell(history.undo()),
    redo: () => tell(history.redo()),
    invert: () => tell(changeAll(mask, history, invert)),
    clear: () => tell(changeAll(mask, history, ({ data }) => void data.fill(0))),
    canUndo: history.canUndo,
    canRedo: history.canRedo,
    watch: (changed) => {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
  };
}
