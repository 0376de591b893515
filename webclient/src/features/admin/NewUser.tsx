import { type FormEvent, useState } from "react";
import { Button } from "../../components/Button";
import { Check } from "../../components/Check";
import { Secret } from "../../components/Secret";
import { Field } from "../../form/Field";
import { useCall } from "../../lib/useCall";
import { useLiveContext } from "../../live/LiveContext";

/** Makes a user, and shows the token to pass on. */
export function NewUser({ onMade }: { onMade: () => Promise<void> }) {
  const { api } = useLiveContext();
  const [name, setName] = useState("");
  const [administrator, setAdministrator] = useState(false);
  const [made, setMade] = useState<{ name: string; token: string }>();
  const { busy, problem, run } = useCall();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const { user, token } = await api.admin.createUser({ name: name.trim(), administrator });
      setMade({ name: user?.name ?? name, token });
      setName("");
      setAdministrator(false);
      await onMade();
    });
  };

  if (made)
    return (
      <Secret
        key={made.token}
        label={`Token of ${made.name}`}
        value={made.token}
        note="Pass it on now: it is not shown again. It signs in at this address."
        onDone={() => setMade(undefined)}
      />
    );
  return (
    <form onSubmit={submit} className="flex flex-wrap items-start gap-x-3 gap-y-2">
      <Field
        label="New user"
        error={problem && (problem.fields.get("name") ?? problem.message)}
        className="min-w-0 flex-1 basis-56"
      >
        {(attributes) => (
          <input
            {...attributes}
            maxLength={40}
            placeholder="Name, or empty for “User-N”"
            value={name}
            onChange={(event) => setName(event.target.value)}
            className="field"
          />
        )}
      </Field>
      <Check label="Administrator" checked={administrator} onChange={setAdministrator} className="min-h-10 sm:mt-6" />
      <Button type="submit" tone="primary" className="min-h-10 max-sm:ml-auto sm:mt-6" disabled={busy}>
        Make user
      </Button>
    </form>
  );
}
