import io.marllb.core.*;
import io.marllb.core.check.*;
import io.marllb.core.rng.*;
import io.marllb.core.select.*;
import io.marllb.env.scenario.*;
import io.marllb.env.traffic.*;
