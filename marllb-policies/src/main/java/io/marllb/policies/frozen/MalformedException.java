package io.marllb.policies.frozen;

import java.io.IOException;

/** What is wrong with the bytes of an agent file, before it is known which file it is. */
final class MalformedException extends IOException {

    /** What to do about a file whose bytes are not those that were written. */
    static final String DAMAGED = "it is damaged; copy it again or train it again";

    private final String fix;

    MalformedException(String problem) {
        this(problem, DAMAGED);
    }

    MalformedException(String problem, String fix) {
        super(problem);
        this.fix = fix;
    }

    String fix() {
        return fix;
    }
}
