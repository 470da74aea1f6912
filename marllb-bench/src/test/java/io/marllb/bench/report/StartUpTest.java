package io.marllb.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.bench.replay.ReplayExperiment;
import io.marllb.bench.replay.ReplayOptions;
import io.marllb.bench.replay.ReplayResult;
import io.marllb.policies.PolicyRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A replay without a report must start fast, so it must not load what only reports need. */
class StartUpTest {

    /** Everything a replay does without a report; made anew in a loader that refuses what it must not touch. */
    public static final class PlainReplay implements Supplier<String> {
        @Override
        public String get() {
            ReplayResult result = ReplayExperiment.of(
                            MadeUp.scenario(),
                            Stream.of("ecmp", "sed").map(PolicyRegistry::parse).toList(),
                            ReplayOptions.of(2, 2))
                    .run();
            Ranking ranking = Ranking.of(result);
            return TerminalTable.render(ranking, List.of(), 100, false)
                    + JsonResults.of(ranking, List.of())
                    + CsvResults.of(result);
        }
    }

    /** What needs the forbidden libraries, to prove that the loader refuses them. */
    public static final class Charted implements Supplier<String> {
        @Override
        public String get() {
            return io.marllb.bench.chart.ChartFiles.class.getDeclaredMethods().length + "";
        }
    }

    private static final class Refusing extends ClassLoader {
        private static final List<String> FORBIDDEN = List.of(
                "org.jfree.", "tech.tablesaw.", "org.apache.batik.", "java.awt.", "com.fasterxml.jackson.databind.");

        Refusing() {
            super(StartUpTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (FORBIDDEN.stream().anyMatch(name::startsWith)) {
                throw new ClassNotFoundException(name + " is for reports only");
            }
            if (!name.startsWith("io.marllb.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded != null ? loaded : define(name);
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    private static String run(Class<?> body) throws ReflectiveOperationException {
        Object fresh = new Refusing().loadClass(body.getName()).getConstructor().newInstance();
        return (String) fresh.getClass().getMethod("get").invoke(fresh);
    }

    @Test
    void aPlainReplayLoadsNoChartsAndNoTables() throws ReflectiveOperationException {
        assertThat(run(PlainReplay.class)).contains("sed").contains("\"schema\" : 1");
    }

    @Test
    void theLoaderWouldNotice() {
        assertThatThrownBy(() -> run(Charted.class))
                .isInstanceOf(InvocationTargetException.class)
                .hasRootCauseInstanceOf(ClassNotFoundException.class);
    }
}
