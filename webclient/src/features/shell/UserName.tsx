import { type FormEvent, useId, useState } from "react";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { useNotify } from "../../components/Notices";
import { problemOf } from "../../lib/problem";
import { useLive, useLiveContext } from "../../live/LiveContext";

/** Who the visitor is, and the way to another name. */
export function UserName() {
  const name = useLive(({ me }) => me?.name);
  const administrator = useLive(({ me }) => me?.administrator ?? false);
  const [editing, setEditing] = useState(false);
  if (name === undefined) return <span className="py-1.5 text-ink-faint text-sm">Signing in…</span>;
  if (editing) return <RenameForm name={name} onDone={() => setEditing(false)} />;
  return (
    <span className="flex items-center gap-1 text-sm">
      <span className="whitespace-nowrap text-ink-soft">Connected as</span>
      <button
        type="button"
        onClick={() => setEditing(true)}
        title="Change your name"
        className="group flex items-center gap-1.5 rounded-lg px-2 py-1.5 font-semibold hover:bg-sunken"
      >
        <span className="max-w-48 truncate">{name}</span>
        <Icon name="pencil" className="size-4 text-ink-faint group-hover:text-ink" />
        <span className="sr-only">(change your name)</span>
      </button>
      {administrator && (
        <span className="max-md:hidden rounded-full bg-accent-wash px-2 py-0.5 text-accent-ink text-xs">
          Administrator
        </span>
      )}
    </span>
  );
}

function RenameForm({ name, onDone }: { name: string; onDone: () => void }) {
  const { api } = useLiveContext();
  const notify = useNotify();
  const field = useId();
  const [value, setValue] = useState(name);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = value.trim();
    if (wanted === name) return onDone();
    setBusy(true);
    try {
      await api.identity.renameMe({ name: wanted });
      notify({ tone: "good", title: `You are now ${wanted}.` });
      onDone();
    } catch (cause) {
      const problem = problemOf(cause);
      setError(problem.fields.get("name") ?? problem.message);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={submit} className="relative flex items-center gap-1.5">
      <label htmlFor={field} className="sr-only">
        Your name
      </label>
      <input
        id={field}
        // biome-ignore lint/a11y/noAutofocus: the visitor has just asked to type here
        autoFocus
        value={value}
        maxLength={40}
        required
        onFocus={(event) => event.target.select()}
        onChange={(event) => setValue(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && onDone()}
        aria-invalid={error !== ""}
        aria-describedby={error ? `${field}-error` : undefined}
        className="field w-44 py-1"
      />
      <Button type="submit" tone="primary" disabled={busy}>
        Save
      </Button>
      <Button tone="bare" onClick={onDone}>
        Cancel
      </Button>
      {error && (
        <p
          id={`${field}-error`}
          role="alert"
          className="absolute top-full left-0 z-10 mt-1 rounded-lg border border-failed bg-surface px-3 py-1.5 text-failed-ink text-sm shadow-float"
        >
          {error}
        </p>
      )}
    </form>
  );
}
