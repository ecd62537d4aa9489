/** Text from outside as it may stand in a message: printable ASCII, at most 64 characters. */
export function quote(text: string): string {
  const printable = text.slice(0, 64).replace(/[^\x20-\x7e]/g, '?');
  return `"${printable}${text.length > 64 ? '...' : ''}"`;
}
