import { Combobox } from "./Combobox";
import { Field } from "./Field";
import { fieldOf, type InputFieldProps } from "./inputProps";
import { fileWords } from "./values";

/** A file that lies in ComfyUI's input folder. */
export function FileField(props: InputFieldProps) {
  const { input, value, onChange } = props;
  if (input.kind.case !== "file") return null;
  const { kind, inputFiles, withMask } = input.kind.value;
  const noun = fileWords[kind];
  const text = String(value);
  const shown = text === "" || inputFiles.includes(text) ? inputFiles : [text, ...inputFiles];
  const where =
    shown.length > 0
      ? "One of those in ComfyUI's input folder."
      : `ComfyUI's input folder holds no ${noun} yet: put one there, or type its name.`;
  const field = fieldOf(props);
  return (
    <Field
      {...field}
      className="col-span-full"
      hint={[field.hint, where, withMask && "Its transparent parts are the mask."].filter(Boolean).join(" ")}
    >
      {(attributes) => (
        <Combobox
          attributes={attributes}
          value={text}
          choices={shown}
          free
          none={input.optional}
          placeholder={`Choose a ${noun}`}
          icon={icons[noun] ?? "file"}
          onChange={onChange}
        />
      )}
    </Field>
  );
}

const icons: Readonly<Record<string, "image" | "film" | "sound" | "file">> = {
  picture: "image",
  mask: "image",
  video: "film",
  sound: "sound",
};
