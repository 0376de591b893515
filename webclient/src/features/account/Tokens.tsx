import { type FormEvent, useCallback, useState } from "react";
import { Button } from "../../components/Button";
import { ListEnd } from "../../components/ListEnd";
import { Secret } from "../../components/Secret";
import { Field } from "../../form/Field";
import type { Token } from "../../gen/comfyscheduler/v1/identity_pb";
import { useCall } from "../../lib/useCall";
import { usePages } from "../../lib/usePages";
import { useLiveContext } from "../../live/LiveContext";
import { TokenRow } from "./TokenRow";

/** Everything that proves the visitor: this browser first, then the latest. */
export function Tokens() {
  const { api } = useLiveContext();
  const list = usePages<Token>(
    useCallback(
      async (pageToken, signal) => {
        const { tokens, nextPageToken } = await api.identity.listTokens({ pageToken }, signal ? { signal } : {});
        return { rows: tokens.sort((a, b) => Number(b.current) - Number(a.current)), next: nextPageToken };
      },
      [api],
    ),
  );
  return (
    <section aria-label="Tokens" className="card min-w-0 overflow-hidden">
      <div className="grid gap-4 p-4 sm:p-5">
        <div>
          <h2 className="font-semibold text-lg">Tokens</h2>
          <p className="text-ink-soft text-sm">
            Each browser, script and machine that acts as you has one. Revoke what you do not know or need any more.
          </p>
        </div>
        <NewToken onMade={list.refresh} />
      </div>
      <ul>
        {list.rows.map((token) => (
          <TokenRow key={token.id} token={token} onChange={list.refresh} />
        ))}
      </ul>
      <ListEnd {...list} empty="" more={list.next !== ""} onMore={list.more} />
    </section>
  );
}

function NewToken({ onMade }: { onMade: () => Promise<void> }) {
  const { api } = useLiveContext();
  const [name, setName] = useState("");
  const [made, setMade] = useState<{ name: string; secret: string }>();
  const { busy, problem, run } = useCall();

  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => {
      const { token, secret } = await api.identity.createToken({ name: name.trim() });
      setMade({ name: token?.name ?? name, secret });
      setName("");
      await onMade();
    });
  };

  if (made)
    return (
      <Secret
        key={made.secret}
        label={`Token “${made.name}”`}
        value={made.secret}
        note="Copy it now: it is not shown again. Whoever has it acts as you."
        onDone={() => setMade(undefined)}
      />
    );
  return (
    <form onSubmit={submit} className="flex items-start gap-2">
      <Field
        label="New token for"
        error={problem && (problem.fields.get("name") ?? problem.message)}
        className="min-w-0 flex-1"
      >
        {(attributes) => (
          <input
            {...attributes}
            required
            maxLength={100}
            placeholder="A render script, another browser…"
            value={name}
            onChange={(event) => setName(event.target.value)}
            className="field"
          />
        )}
      </Field>
      <Button type="submit" tone="primary" className="mt-6 min-h-10" disabled={busy || name.trim() === ""}>
        Make token
      </Button>
    </form>
  );
}
