import { type FormEvent, useState } from "react";
import { Button } from "../../components/Button";
import { Secret } from "../../components/Secret";
import { Field } from "../../form/Field";
import { useCall } from "../../lib/useCall";
import { useLiveContext } from "../../live/LiveContext";

const hour = 3_600_000;
const lifetimes: readonly [number, string][] = [
  [hour, "an hour"],
  [24 * hour, "a day"],
  [7 * 24 * hour, "a week"],
  [30 * 24 * hour, "30 days"],
  [365 * 24 * hour, "a year"],
];

/** Makes an invitation, and shows the link to pass on. */
export function NewInvitation({ onMade }: { onMade: () => Promise<void> }) {
  const { api } = useLiveContext();
  const [note, setNote] = useState("");
  const [uses, setUses] = useState("1");
  const [lifetime, setLifetime] = useState(7 * 24 * hour);
  const [link, setLink] = useState("");
  const { busy, problem, run } = useCall();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const request = { note: note.trim(), lifetimeMs: BigInt(lifetime), maxUses: Number(uses) };
      const { code } = await api.admin.createInvitation(request);
      setLink(`${location.origin}/invitation#${code}`);
      setNote("");
      await onMade();
    });
  };

  if (link)
    return (
      <Secret
        key={link}
        label="Link of the invitation"
        value={link}
        note="Pass it on now: it is not shown again. What stands after # never reaches a log."
        onDone={() => setLink("")}
      />
    );
  return (
    <form onSubmit={submit} className="grid gap-x-3 gap-y-3 sm:grid-cols-[minmax(0,1fr)_8rem_9rem_auto]">
      <Field
        label="Invite"
        error={problem?.fields.get("note") ?? (problem?.fields.size === 0 ? problem.message : undefined)}
      >
        {(attributes) => (
          <input
            {...attributes}
            maxLength={100}
            placeholder="For whom, such as “spring course”"
            value={note}
            onChange={(event) => setNote(event.target.value)}
            className="field"
          />
        )}
      </Field>
      <Field label="New users" error={problem?.fields.get("max_uses")}>
        {(attributes) => (
          <input
            {...attributes}
            type="number"
            required
            min={1}
            max={1000}
            value={uses}
            onChange={(event) => setUses(event.target.value)}
            className="field"
          />
        )}
      </Field>
      <Field label="Good for" error={problem?.fields.get("lifetime_ms")}>
        {(attributes) => (
          <select
            {...attributes}
            value={lifetime}
            onChange={(event) => setLifetime(Number(event.target.value))}
            className="field"
          >
            {lifetimes.map(([ms, words]) => (
              <option key={ms} value={ms}>
                {words}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Button type="submit" tone="primary" className="min-h-10 sm:mt-6" disabled={busy}>
        Make invitation
      </Button>
    </form>
  );
}
