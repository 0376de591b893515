import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Icon } from "./Icon";

/** Bars that stand for a sound: a decoration, made from its name. */
const bars = 56;

/** Plays a sound. `name` tells sounds apart, for those who listen and for the look. */
export function SoundPlayer({ source, name, onGone }: { source: string; name: string; onGone?: () => void }) {
  const audio = useRef<HTMLAudioElement>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(0);
  const heights = useMemo(() => wave(name), [name]);
  const measure = useCallback(() => {
    const { duration = 0 } = audio.current ?? {};
    if (Number.isFinite(duration)) setLength(duration);
  }, []);
  // A sound that was loaded before it came on the page tells its length no more.
  useEffect(measure, [measure]);
  const share = length > 0 ? at / length : 0;
  const toggle = () => {
    if (playing) audio.current?.pause();
    else void audio.current?.play().catch(() => onGone?.());
  };
  return (
    <div className="flex items-center gap-3 rounded-xl border border-line bg-raised p-3">
      {/* biome-ignore lint/a11y/useMediaCaption: generated sounds come without captions */}
      <audio
        ref={audio}
        src={source}
        preload="metadata"
        onError={onGone}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onTimeUpdate={({ currentTarget }) => setAt(currentTarget.currentTime)}
        onDurationChange={measure}
        onLoadedMetadata={measure}
        onEnded={({ currentTarget }) => setAt(currentTarget.duration)}
      />
      <button
        type="button"
        onClick={toggle}
        className="grid size-11 shrink-0 place-items-center rounded-full bg-accent text-on-accent shadow-card
          transition-colors hover:bg-accent-strong"
      >
        <Icon name={playing ? "pause" : "play"} />
        <span className="sr-only">
          {playing ? "Pause" : "Play"} {name}
        </span>
      </button>
      <div className="relative h-12 min-w-0 flex-1 rounded has-focus-visible:outline-2 has-focus-visible:outline-accent">
        <svg viewBox={`0 0 ${bars * 4} 40`} preserveAspectRatio="none" aria-hidden="true" className="size-full">
          {heights.map((height, bar) => (
            <rect
              // biome-ignore lint/suspicious/noArrayIndexKey: bars have nothing but their place
              key={bar}
              x={bar * 4 + 0.75}
              y={20 - height * 18}
              width="2.5"
              height={height * 36}
              rx="1.25"
              className={(bar + 0.5) / bars <= share ? "fill-accent" : "fill-line-strong"}
            />
          ))}
        </svg>
        <input
          type="range"
          min={0}
          max={length || 1}
          step={0.01}
          value={at}
          disabled={length === 0}
          aria-label={`Place in ${name}`}
          aria-valuetext={`${clock(at)} of ${clock(length)}`}
          onChange={({ target }) => {
            setAt(Number(target.value));
            if (audio.current) audio.current.currentTime = Number(target.value);
          }}
          className="absolute inset-0 size-full cursor-pointer opacity-0 disabled:cursor-default"
        />
      </div>
      <span className="shrink-0 text-ink-soft text-xs tabular-nums">
        {clock(at)}
        {length > 0 && ` / ${clock(length)}`}
      </span>
    </div>
  );
}

/** Seconds as "1:05". */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Heights from 0 to 1 that look like a sound, the same for the same name. */
function wave(name: string): readonly number[] {
  let seed = 2_166_136_261;
  for (const char of name) seed = Math.imul(seed ^ (char.codePointAt(0) ?? 0), 16_777_619);
  return Array.from({ length: bars }, (_, bar) => {
    seed = Math.imul(seed ^ (seed >>> 15), 2_246_822_519) + 0x9e37_79b9;
    const noise = ((seed >>> 8) & 0xffff) / 0xffff;
    const swell = 0.45 + 0.35 * Math.sin(bar / 4.3 + (seed & 1)) ** 2;
    return Math.min(1, Math.max(0.12, swell * (0.45 + 0.75 * noise)));
  });
}
