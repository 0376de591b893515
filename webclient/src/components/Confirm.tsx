import { type ReactNode, useState } from "react";
import { Button, type ButtonProps } from "./Button";

/** A button that asks before it acts, where it stands. */
export function Confirm({
  question,
  yes,
  onYes,
  children,
  ...button
}: Omit<ButtonProps, "onClick"> & { question: string; yes: string; onYes: () => void; children: ReactNode }) {
  const [asking, setAsking] = useState(false);
  if (!asking)
    return (
      <Button {...button} onClick={() => setAsking(true)}>
        {children}
      </Button>
    );
  return (
    <div
      role="alertdialog"
      aria-label={question}
      onKeyDown={(event) => event.key === "Escape" && setAsking(false)}
      className="flex flex-wrap items-center gap-2 rounded-lg bg-sunken px-3 py-2 text-sm"
    >
      <p className="mr-auto max-w-prose">{question}</p>
      <Button
        tone="danger"
        autoFocus
        onClick={() => {
          setAsking(false);
          onYes();
        }}
      >
        {yes}
      </Button>
      <Button onClick={() => setAsking(false)}>Leave it</Button>
    </div>
  );
}
