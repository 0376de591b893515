import { type FormEvent, useEffect, useState } from "react";
import { Button } from "../../components/Button";
import { useNotify } from "../../components/Notices";
import { Field } from "../../form/Field";
import { useCall } from "../../lib/useCall";
import { useLiveContext } from "../../live/LiveContext";

/** The name that others see. */
export function NameForm({ name }: { name: string }) {
  const { api } = useLiveContext();
  const notify = useNotify();
  const [value, setValue] = useState(name);
  const { busy, problem, run } = useCall();
  useEffect(() => setValue(name), [name]);
  const wanted = value.trim();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await run(async () => void (await api.identity.updateMe({ name: wanted }))))
      notify({ tone: "good", title: `You are now ${wanted}.` });
  };

  return (
    <form onSubmit={submit} className="flex items-start gap-2">
      <Field
        label="Your name"
        hint="Others see it on your bookings. No two users have the same."
        error={problem && (problem.fields.get("name") ?? problem.message)}
        className="min-w-0 flex-1"
      >
        {(attributes) => (
          <input
            {...attributes}
            required
            maxLength={40}
            autoComplete="nickname"
            value={value}
            onChange={(event) => setValue(event.target.value)}
            className="field"
          />
        )}
      </Field>
      <Button type="submit" className="mt-6 min-h-10" disabled={busy || wanted === "" || wanted === name}>
        Save
      </Button>
    </form>
  );
}
