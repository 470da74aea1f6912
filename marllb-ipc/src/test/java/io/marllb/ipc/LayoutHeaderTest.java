package io.marllb.ipc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayoutHeaderTest {

    @TempDir
    Path folder;

    @Test
    void theHeaderInTheSourcesIsTheOneThatTheLayoutGives() throws Exception {
        assertThat(Files.readString(CCompiler.CORE.resolve("shm_layout.h")))
                .as("run io.marllb.ipc.LayoutHeader into core/shm_layout.h")
                .isEqualTo(LayoutHeader.text(Layout.SCHEMA));
    }

    @Test
    void aCompilerPutsEveryFieldWhereJavaReadsIt() throws Exception {
        StringBuilder program = new StringBuilder("#include <stdio.h>\n#include \"shm_layout.h\"\nint main(void) {\n");
        StringBuilder expected = new StringBuilder();
        program.append("printf(\"%016llx\\n\", (unsigned long long)MARLLB_LAYOUT_HASH);\n");
        expected.append(String.format("%016x%n", Layout.HASH));
        Layout.SCHEMA.constants().forEach((name, value) -> {
            program.append("printf(\"%llu\\n\", (unsigned long long)MARLLB_" + name + ");\n");
            expected.append(Long.toUnsignedString(value)).append('\n');
        });
        Layout.SCHEMA.enums().forEach((name, values) -> {
            for (int i = 0; i < values.size(); i++) {
                program.append(
                        "printf(\"%d\\n\", MARLLB_" + (name + "_" + values.get(i)).toUpperCase(Locale.ROOT) + ");\n");
                expected.append(i).append('\n');
            }
        });
        for (Schema.Shape shape : Layout.SCHEMA.shapes()) {
            String struct = "struct marllb_" + shape.name();
            program.append("printf(\"" + shape.name() + " %zu\\n\", sizeof(" + struct + "));\n");
            expected.append(shape.name()).append(' ').append(shape.size()).append('\n');
            for (Schema.Field field : shape.fields()) {
                program.append("printf(\"" + field.name() + " %zu %zu\\n\", offsetof(" + struct + ", " + field.name()
                        + "), sizeof(((" + struct + " *)0)->" + field.name() + "));\n");
                expected.append(field.name() + " " + field.offset() + " " + field.count() * field.stride() + "\n");
            }
        }
        Path source = Files.writeString(folder.resolve("print.c"), program.append("return 0;\n}\n"));

        String said = CCompiler.run(
                List.of(CCompiler.compile(folder, List.of(), source).toString()));

        assertThat(said).isEqualTo(expected.toString());
    }

    @Test
    void javaAndCReadTheSameClock() throws Exception {
        Path source = Files.writeString(folder.resolve("clock.c"), """
                #include <stdio.h>
                #include <time.h>
                int main(void) {
                	struct timespec t;
                	clock_gettime(CLOCK_MONOTONIC, &t);
                	printf("%lld", (long long)t.tv_sec * 1000000000 + t.tv_nsec);
                	return 0;
                }
                """);
        Path program = CCompiler.compile(folder, List.of(), source);

        long before = System.nanoTime();
        long there = Long.parseLong(CCompiler.run(List.of(program.toString())));
        long after = System.nanoTime();

        assertThat(there).isBetween(before, after);
    }
}
