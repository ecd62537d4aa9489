/** Something that containment cannot do without is not in force, although it was tried twice. */
export class HardFailure extends Error {}

/** The policy cannot be read back, so nobody can tell whether everything is in force. */
export class CannotReadBack extends HardFailure {}
