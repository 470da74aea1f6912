package io.marllb.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import io.marllb.core.forbidden.ReadsTheWallClock;
import java.io.ObjectInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may see whom, over the classes of all modules. */
class LayeringTest {

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.marllb");

    private static final String[] DETERMINISTIC = {
        "io.marllb.core..", "io.marllb.sampling..", "io.marllb.policies..", "io.marllb.env..", "io.marllb.agents.."
    };

    @Test
    void modulesSeeOnlyTheModulesBelowThem() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("core")
                .definedBy("io.marllb.core..")
                .layer("sampling")
                .definedBy("io.marllb.sampling..")
                .layer("policies")
                .definedBy("io.marllb.policies..")
                .layer("env")
                .definedBy("io.marllb.env..")
                .layer("agents")
                .definedBy("io.marllb.agents..")
                .layer("ipc")
                .definedBy("io.marllb.ipc..")
                .layer("dataplane")
                .definedBy("io.marllb.dataplane..")
                .layer("bench")
                .definedBy("io.marllb.bench..")
                .layer("cli")
                .definedBy("io.marllb.cli..")
                .whereLayer("core")
                .mayNotAccessAnyLayer()
                .whereLayer("sampling")
                .mayOnlyAccessLayers("core")
                .whereLayer("policies")
                .mayOnlyAccessLayers("core", "sampling")
                .whereLayer("env")
                .mayOnlyAccessLayers("core", "sampling", "policies")
                .whereLayer("agents")
                .mayOnlyAccessLayers("core", "sampling", "policies")
                .whereLayer("ipc")
                .mayOnlyAccessLayers("core")
                .whereLayer("dataplane")
                .mayOnlyAccessLayers("core", "sampling", "policies", "ipc")
                .whereLayer("bench")
                .mayOnlyAccessLayers("core", "sampling", "policies", "env", "agents", "ipc", "dataplane")
                .whereLayer("cli")
                .mayNotBeAccessedByAnyLayer()
                .check(MAIN);
    }

    @Test
    void everyClassIsInALayer() {
        assertThat(MAIN)
                .isNotEmpty()
                .allMatch(c -> c.getPackageName()
                        .matches("io\\.marllb\\.(core|sampling|policies|env|agents|ipc|dataplane|bench|cli)(\\..*)?"));
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("io.marllb.(**)").should().beFreeOfCycles().check(MAIN);
    }

    @Test
    void whatDecidesAResultReadsNoClockAndNoUnseededRandomness() {
        deterministic().check(MAIN);
    }

    @Test
    void theRuleOnClocksAndRandomnessSeesAViolation() {
        JavaClasses forbidden = new ClassFileImporter().importClasses(ReadsTheWallClock.class);

        assertThat(deterministic().evaluate(forbidden).getFailureReport().getDetails())
                .hasSize(5)
                .anyMatch(s -> s.contains("nanoTime"))
                .anyMatch(s -> s.contains("currentTimeMillis"))
                .anyMatch(s -> s.contains("Math.random"))
                .anyMatch(s -> s.contains("ThreadLocalRandom"))
                .anyMatch(s -> s.contains("java.util.Random"));
    }

    @Test
    void internalPackagesStayInTheirModule() {
        ArchRuleDefinition.classes()
                .that()
                .resideInAPackage("io.marllb..")
                .should(new ArchCondition<>("leave the internal packages of other modules alone") {
                    @Override
                    public void check(JavaClass user, ConditionEvents events) {
                        user.getDirectDependenciesFromSelf().stream()
                                .filter(d -> (d.getTargetClass().getPackageName() + ".").contains(".internal."))
                                .filter(d -> d.getTargetClass().getPackageName().startsWith("io.marllb."))
                                .filter(d -> !module(d.getTargetClass()).equals(module(user)))
                                .forEach(d -> events.add(SimpleConditionEvent.violated(user, d.getDescription())));
                    }
                })
                .check(MAIN);
    }

    @Test
    void nothingIsReadByJavaDeserialization() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ObjectInputStream.class)
                .check(MAIN);
    }

    @Test
    void onlyTheMainEndsTheProcess() {
        noClasses()
                .that()
                .areNotAssignableTo(Marllb.class)
                .should()
                .callMethod(System.class, "exit", int.class)
                .check(MAIN);
    }

    @Test
    void onlyAgentsKnowNd4j() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.marllb.agents..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.nd4j..", "org.deeplearning4j..", "org.bytedeco..")
                .check(MAIN);
    }

    @Test
    void replayingLoadsNoClassOfNd4j(@TempDir Path folder) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load:stdout",
                "-cp",
                System.getProperty("java.class.path"),
                "io.marllb.cli.Marllb",
                "replay",
                "--scenario=mm1",
                "--seeds=1"));

        Process java = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(java.waitFor()).as(output).isZero();
        assertThat(output)
                .contains("io.marllb.env.engine.Simulation")
                .doesNotContain("org.nd4j")
                .doesNotContain("org.bytedeco");
    }

    private static ArchRule deterministic() {
        Set<String> forbidden = Set.of("nanoTime", "currentTimeMillis");
        return noClasses()
                .that()
                .resideInAnyPackage(DETERMINISTIC)
                .should()
                .accessTargetWhere(new DescribedPredicate<JavaAccess<?>>("a clock or unseeded randomness") {
                    @Override
                    public boolean test(JavaAccess<?> access) {
                        JavaClass owner = access.getTargetOwner();
                        String name = access.getName();
                        return owner.isEquivalentTo(System.class) && forbidden.contains(name)
                                || owner.isEquivalentTo(Math.class) && name.equals("random")
                                || owner.isEquivalentTo(StrictMath.class) && name.equals("random")
                                || owner.isEquivalentTo(ThreadLocalRandom.class)
                                || owner.isEquivalentTo(Random.class);
                    }
                });
    }

    private static String module(JavaClass type) {
        return type.getPackageName().split("\\.", -1)[2];
    }
}
