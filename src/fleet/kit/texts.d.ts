/** The files of the kits are part of the program (esbuild's loader `text`). */
declare module '*.xml' {
  const text: string;
  export default text;
}
