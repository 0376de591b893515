import type { FormEvent } from "react";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Field } from "../../form/Field";
import { useCall } from "../../lib/useCall";

/** A form for one secret: a token, or the code of an invitation. */
export function CodeForm({
  label,
  hint,
  button,
  tone = "primary",
  secret,
  onSubmit,
  onDone,
}: {
  label: string;
  hint: string;
  button: string;
  tone?: "primary" | "quiet";
  /** Not to be read over the shoulder. */
  secret?: boolean;
  onSubmit: (code: string) => Promise<void>;
  onDone: () => void;
}) {
  const [code, setCode] = useState("");
  const { busy, problem, run } = useCall();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await run(() => onSubmit(code.trim()))) onDone();
  };
  return (
    <form onSubmit={submit} className="grid gap-3">
      <Field label={label} hint={hint} error={problem?.message}>
        {(attributes) => (
          <input
            {...attributes}
            type={secret ? "password" : "text"}
            required
            maxLength={100}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={code}
            onChange={(event) => setCode(event.target.value)}
            className="field font-mono"
          />
        )}
      </Field>
      <Button type="submit" tone={tone} large disabled={busy}>
        {button}
      </Button>
    </form>
  );
}
