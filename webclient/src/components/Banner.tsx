import type { ReactNode } from "react";

const tones = {
  bad: "bg-failed-wash text-failed-ink",
  busy: "bg-running-wash text-running-ink",
  plain: "bg-sunken",
};

/** A box with something that is out of the ordinary. With `alert` it is read out when it appears. */
export function Banner(props: { tone: keyof typeof tones; alert?: boolean; className?: string; children: ReactNode }) {
  const { tone, alert, className = "", children } = props;
  return (
    <div role={alert ? "alert" : undefined} className={`rounded-lg px-3 py-2 text-sm ${tones[tone]} ${className}`}>
      {children}
    </div>
  );
}
