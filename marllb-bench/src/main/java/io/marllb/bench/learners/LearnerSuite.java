package io.marllb.bench.learners;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.core.check.Nearest;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Learners on problems whose answers are known, over several seeds. Results depend on the seeds alone, not on the number of threads. Immutable and
 * thread-safe.
 */
public final class LearnerSuite {

    /** Seeds of every case unless said otherwise: 1, 2, ... */
    public static final int SEEDS = 5;

    private final List<LearnerCase> cases;

    private LearnerSuite(List<LearnerCase> cases) {
        this.cases = List.copyOf(cases);
    }

    /** What a case came to. */
    public enum Verdict {
        /** Enough seeds met the bar, and so did all together. */
        HOLDS,
        /** Too few seeds met the bar, or not all together. */
        MISSED,
        /** Nothing was promised. */
        REPORTED
    }

    /**
     * One seed of a case.
     *
     * @param seed which
     * @param value what was reached, such as a mean return
     * @param text the same for people
     * @param holds whether the bar was met; empty without one
     */
    public record SeedResult(long seed, double value, String text, Optional<Boolean> holds) {}

    /**
     * One case.
     *
     * @param name the problem
     * @param learner who learnt it
     * @param budget how much it might play
     * @param bar what had to be reached
     * @param required how many seeds had to
     * @param seeds what they came to
     * @param verdict whether enough did
     */
    public record Row(
            String name,
            String learner,
            String budget,
            String bar,
            int required,
            List<SeedResult> seeds,
            Verdict verdict) {}

    /** Told how far a suite has come; calls come one at a time, from any thread. */
    @FunctionalInterface
    public interface Progress {

        /**
         * A seed of a case is done.
         *
         * @param done how many are
         * @param total of how many
         */
        void seedDone(int done, int total);
    }

    /**
     * Every case.
     *
     * @return the suite
     */
    public static LearnerSuite full() {
        return new LearnerSuite(Stream.of(GameCase.all(), ControlCase.all(), TwoServersCase.all())
                .flatMap(s -> s)
                .toList());
    }

    /** Any cases. */
    static LearnerSuite of(List<LearnerCase> cases) {
        return new LearnerSuite(cases);
    }

    /**
     * The cases of one problem.
     *
     * @param name of a case
     * @return a smaller suite
     * @throws IllegalArgumentException if there is none, with the nearest
     */
    public LearnerSuite only(String name) {
        List<LearnerCase> some =
                cases.stream().filter(c -> c.name().equals(name)).toList();
        if (some.isEmpty()) {
            List<String> names =
                    cases.stream().map(LearnerCase::name).distinct().toList();
            throw new IllegalArgumentException("there is no case '" + name + "'" + Nearest.hint(name, names));
        }
        return new LearnerSuite(some);
    }

    /**
     * Runs every case on every seed. The number of seeds that must meet a bar is in proportion, rounded up.
     *
     * @param seeds how many, {@code >= 1}
     * @param threads how many at once, {@code >= 1}
     * @param progress told how far it is
     * @return a row per case, in order
     * @throws InterruptedException if the thread is interrupted; the rest is given up
     */
    public List<Row> run(int seeds, int threads, Progress progress) throws InterruptedException {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        AtomicInteger done = new AtomicInteger();
        try {
            List<List<Future<LearnerCase.Outcome>>> all = new ArrayList<>();
            for (LearnerCase c : cases) {
                List<Future<LearnerCase.Outcome>> mine = new ArrayList<>();
                for (int s = 1; s <= seeds; s++) {
                    long seed = s;
                    mine.add(executor.submit(() -> {
                        LearnerCase.Outcome o = c.run(seed);
                        synchronized (done) {
                            progress.seedDone(done.incrementAndGet(), cases.size() * seeds);
                        }
                        return o;
                    }));
                }
                all.add(mine);
            }
            List<Row> rows = new ArrayList<>();
            for (int i = 0; i < cases.size(); i++) {
                rows.add(row(cases.get(i), all.get(i), seeds));
            }
            return rows;
        } finally {
            executor.shutdownNow();
        }
    }

    private static Row row(LearnerCase c, List<Future<LearnerCase.Outcome>> outcomes, int seeds)
            throws InterruptedException {
        List<SeedResult> results = new ArrayList<>();
        List<LearnerCase.Outcome> all = new ArrayList<>();
        int met = 0;
        for (Future<LearnerCase.Outcome> f : outcomes) {
            LearnerCase.Outcome o;
            try {
                o = f.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("case " + c.name() + " with " + c.learner() + " failed", e.getCause());
            }
            all.add(o);
            results.add(new SeedResult(o.seed(), o.value(), o.text(), o.holds()));
            met += o.holds().orElse(false) ? 1 : 0;
        }
        int required = (c.required() * seeds + SEEDS - 1) / SEEDS;
        boolean holds = met >= required && c.together(all);
        Verdict verdict = c.required() == 0 ? Verdict.REPORTED : holds ? Verdict.HOLDS : Verdict.MISSED;
        return new Row(c.name(), c.learner(), c.budget(), c.bar(), required, List.copyOf(results), verdict);
    }

    /**
     * The rows for programs.
     *
     * @param rows what came out
     * @param command how to get them again
     * @param environment where they were measured, such as the Java and the processor
     * @return JSON, ending with a line feed
     */
    public static String json(List<Row> rows, String command, String environment) {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode top = mapper.createObjectNode();
        top.put("schema", 1);
        top.put("command", command);
        top.put("environment", environment);
        ArrayNode cases = top.putArray("cases");
        for (Row row : rows) {
            ObjectNode node = cases.addObject();
            node.put("case", row.name());
            node.put("learner", row.learner());
            node.put("budget", row.budget());
            node.put("bar", row.bar());
            node.put("seeds_required", row.required());
            node.put("verdict", row.verdict().name().toLowerCase(java.util.Locale.ROOT));
            ArrayNode seeds = node.putArray("per_seed");
            for (SeedResult s : row.seeds()) {
                ObjectNode one = seeds.addObject();
                one.put("seed", s.seed());
                one.put("value", s.value());
                one.put("result", s.text());
                if (s.holds().isPresent()) {
                    one.put("holds", s.holds().get());
                } else {
                    one.putNull("holds");
                }
            }
        }
        try {
            return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(top) + "\n";
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("writing JSON to memory failed", e);
        }
    }
}
