package io.marllb.core.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class FileTroubleTest {

    @Test
    void saysWhyWithoutThePathAndWithoutClassNames() {
        assertThat(FileTrouble.reason(new AccessDeniedException("/x"))).isEqualTo("no permission");
        assertThat(FileTrouble.reason(new NoSuchFileException("/x"))).isEqualTo("it does not exist");
        assertThat(FileTrouble.reason(new FileSystemException("/x", null, "Read-only file system")))
                .isEqualTo("Read-only file system");
        assertThat(FileTrouble.reason(new IOException("No space left on device")))
                .isEqualTo("No space left on device");
    }
}
