package io.marllb.cli;

import io.marllb.env.scenario.Scenarios;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations with their unit, as scenarios write them. */
final class DurationConverter implements ITypeConverter<Duration> {

    @Override
    public Duration convert(String text) {
        long nanos;
        try {
            nanos = Scenarios.duration(text, "60s");
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
        if (nanos == 0) {
            throw new TypeConversionException("must be > 0, but was " + text);
        }
        return Duration.ofNanos(nanos);
    }
}
