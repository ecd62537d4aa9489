/** Who is behind a request. What an alert names was written by whoever caused the alert. */
export type RequestedBy = 'operator' | 'alert';

/** Longer texts are cut: no address has more than 45 characters, and a request travels in an argument. */
export const longestAddress = 128;

/** One order, whatever dialect it came in. */
export interface Request extends OperatorWords {
  readonly action: 'add' | 'delete';
  readonly dialect: 'ossec' | 'wazuh';
  readonly requestedBy: RequestedBy;
  /** The address as it was given, not validated. */
  readonly address: string;
  /** `<epoch>.<n>` and the rule's number of the alert, where the caller gave them in that form. */
  readonly alertId?: string;
  readonly ruleId?: string;
  /** The alert is about what this host's own `status --line` said: it asks to contain again what is in a case. */
  readonly answersStatus?: true;
  /** Who typed it, where a person did. */
  readonly by?: string;
  /** The other end of that person's own session, which is to be let in too. */
  readonly keptSession?: string;
}

/** What an operator said besides the address. */
export interface OperatorWords {
  /** The handler's case number: letters, digits, `._-`, at most 64. */
  readonly caseNumber?: string;
  /** Which order this is, in the same form; one that comes twice is carried out once. */
  readonly orderId?: string;
  /** Free words, for people: printable, at most 200 characters. */
  readonly note?: string;
}
