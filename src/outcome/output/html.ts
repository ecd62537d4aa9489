/** A text as HTML shows it, without markup or control characters: names and notes may come from hostile hosts. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`).replace(/[\x00-\x09\x0b-\x1f\x7f]/g, ' ');
}
