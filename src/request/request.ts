/** Who is behind a request. What an alert names was written by whoever caused the alert. */
export type RequestedBy = 'operator' | 'alert';

/** Longer texts are cut: no address has more than 45 characters, and a request travels in an argument. */
export const longestAddress = 128;

/** One order, whatever dialect it came in. */
export interface Request {
  readonly action: 'add' | 'delete';
  readonly dialect: 'ossec' | 'wazuh';
  readonly requestedBy: RequestedBy;
  /** The address as it was given, not validated. */
  readonly address: string;
  /** `<epoch>.<n>` and the rule's number of the alert, where the caller gave them in that form. */
  readonly alertId?: string;
  readonly ruleId?: string;
  /** The handler's case number: letters, digits, `._-`, at most 64. */
  readonly caseNumber?: string;
}
