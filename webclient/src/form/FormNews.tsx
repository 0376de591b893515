import { Banner } from "../components/Banner";
import { Button } from "../components/Button";
import { copyText } from "../lib/clipboard";
import type { FormChange } from "./carry";

/** Longer values than this are worth keeping elsewhere. */
const worth = 20;

/** Says what of the form is another since it was filled in. */
export function FormNews({ changes, onDone }: { changes: readonly FormChange[]; onDone: () => void }) {
  return (
    <Banner alert tone="busy">
      <div className="flex items-start gap-3">
        <p className="min-w-0 flex-1 font-medium">This workflow changed since these fields were filled in.</p>
        <Button tone="bare" className="-my-1" onClick={onDone}>
          All right
        </Button>
      </div>
      {changes.length > 0 && (
        <ul className="mt-1 list-disc space-y-1 pl-5">
          {changes.map(({ name, text, lost }) => (
            <li key={name}>
              {text}
              {lost !== undefined && lost.length > worth && (
                <button type="button" className="ml-2 rounded underline" onClick={() => void copyText(lost)}>
                  Copy what stood there
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Banner>
  );
}
