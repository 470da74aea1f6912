package io.marllb.policies;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.Need;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The tables of docs/policies.md say what the registry says; a failure prints the table to paste. */
class PolicyDocsTest {

    @Test
    void theTableOfPoliciesIsUpToDate() throws IOException {
        StringBuilder table =
                new StringBuilder("| policy | rule + weights | does | needs | source |\n|---|---|---|---|---|\n");
        for (PolicyInfo p : PolicyRegistry.policies()) {
            table.append("| `")
                    .append(p.name())
                    .append("` | `")
                    .append(p.pair())
                    .append("` | ")
                    .append(p.summary());
            table.append(" | ")
                    .append(needs(p))
                    .append(" | ")
                    .append(p.source())
                    .append(" |\n");
        }
        assertThat(document()).contains(table);
    }

    @Test
    void theTablesOfParametersAreUpToDate() throws IOException {
        assertThat(document()).contains(parameters("rule", PolicyRegistry.rules()));
        assertThat(document()).contains(parameters("weights", PolicyRegistry.weights()));
    }

    private static String needs(PolicyInfo info) {
        return info.needs().isEmpty()
                ? "-"
                : info.needs().stream().map(Need::name).collect(Collectors.joining(", "));
    }

    private static String parameters(String kind, List<PolicyInfo> halves) {
        StringBuilder table =
                new StringBuilder("| " + kind + " | parameter | default | meaning | valid |\n|---|---|---|---|---|\n");
        for (PolicyInfo half : halves) {
            if (half.parameters().isEmpty()) {
                table.append("| `")
                        .append(half.name())
                        .append("` | - | | ")
                        .append(half.summary())
                        .append(" | |\n");
            }
            for (PolicyInfo.Parameter p : half.parameters()) {
                table.append("| `")
                        .append(half.name())
                        .append("` | `")
                        .append(p.name())
                        .append("` | `")
                        .append(p.defaultValue());
                table.append("` | ")
                        .append(p.meaning())
                        .append(" | ")
                        .append(p.range())
                        .append(" |\n");
            }
        }
        return table.toString();
    }

    private static String document() throws IOException {
        return Files.readString(Path.of("..", "docs", "policies.md"));
    }
}
