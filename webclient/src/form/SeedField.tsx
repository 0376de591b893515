import { Button } from "../components/Button";
import { Icon } from "../components/Icon";
import { randomSeed } from "../lib/random";
import { Field } from "./Field";
import { fieldOf, type InputFieldProps } from "./inputProps";

/** The number that randomness starts from: drawn anew for each booking, or fixed, with a die to throw. */
export function SeedField(props: InputFieldProps) {
  const { input, value, onChange } = props;
  const { min, max } = input.kind.case === "seed" ? input.kind.value : { min: 0n, max: 2n ** 64n - 1n };
  const fixed = String(value) !== "";
  const field = fieldOf(props);
  return (
    <Field
      {...field}
      onReset={undefined}
      aside={
        <span className={fixed ? "font-medium text-accent-ink" : ""}>{fixed ? "fixed" : "drawn for each booking"}</span>
      }
    >
      {(attributes) => (
        <div className="flex gap-2">
          <div className="relative min-w-0 flex-1">
            <input
              {...attributes}
              inputMode="numeric"
              autoComplete="off"
              value={String(value)}
              placeholder="Random"
              onChange={(event) => onChange(event.target.value)}
              className="field pr-9"
            />
            {fixed && (
              <button
                type="button"
                title="Random again"
                onClick={() => onChange("")}
                className="absolute inset-y-1 right-1 grid w-7 place-items-center rounded-md text-ink-soft hover:bg-sunken hover:text-ink"
              >
                <Icon name="close" className="size-3.5" />
                <span className="sr-only">Let it be drawn</span>
              </button>
            )}
          </div>
          <Button className="min-h-10" title="Random seed" onClick={() => onChange(randomSeed(min, max).toString())}>
            <Icon name="dice" />
            <span className="sr-only">Random seed</span>
          </Button>
        </div>
      )}
    </Field>
  );
}
