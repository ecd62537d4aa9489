/** A time as it stands in file names: `20261125T031800123Z`. */
export function stamp(time = new Date()): string {
  return time.toISOString().replace(/[-:.]/g, '');
}
