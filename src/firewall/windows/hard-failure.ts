/** Something that containment cannot do without is not in force, although it was tried twice. */
export class HardFailure extends Error {}

/** Nobody can tell whether it is. */
export class CannotReadBack extends HardFailure {}
