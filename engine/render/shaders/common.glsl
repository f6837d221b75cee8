// Shared by every shader of the picture. All of it is a function of vertex, show time and head centre: nothing depends on the
// pixel's place on the screen (except the dither), so both eyes see the same world.
uniform float u_time_s;       // position in the scene, seconds
uniform vec3 u_head;          // head centre, world
uniform vec3 u_moon_dir;      // towards the moon
uniform vec3 u_moon;          // moonlight, linear
uniform vec3 u_sky_light;     // ambient from above, linear
uniform vec3 u_ground_light;  // ambient from below, linear
uniform vec4 u_fog;           // density 1/m, fall-off 1/m, base height m, moon glow
uniform vec3 u_fog_warm;
uniform vec3 u_fog_cool;
uniform float u_exposure;
uniform float u_dither;       // 1 on screens, 0 in tests
uniform vec4 u_water;         // height m, ripple, flow x m/s, flow y m/s
uniform vec3 u_bow;           // where our boat meets the water: x, y, strength 0..1
uniform sampler2D u_noise;    // r: soft noise, gb: its gradient, a: finer noise

float luminance(vec3 c) { return dot(c, vec3(0.2126, 0.7152, 0.0722)); }

// Share of the fog between the head and p: an exponential layer that thins upwards, integrated along the ray.
float fog_amount(vec3 p) {
    vec3 d = p - u_head;
    float b = u_fog.y;
    float drop = b * d.z;
    float mean = abs(drop) > 1e-3 ? (1.0 - exp(-drop)) / drop : 1.0 - 0.5 * drop;
    float depth = u_fog.x * length(d) * exp(-b * max(u_head.z - u_fog.z, 0.0)) * mean;
    return min(1.0 - exp(-max(depth, 0.0)), 0.95);
}

vec3 fog_color(vec3 p, vec3 view) {
    // Warm where the street is, cool above it and far beyond it.
    float high = max(smoothstep(1.0, 13.0, p.z - u_fog.z), smoothstep(35.0, 150.0, distance(p, u_head)));
    float toward = max(dot(view, u_moon_dir), 0.0);
    float toward2 = toward * toward;
    return mix(u_fog_warm, u_fog_cool, high) + u_moon * (u_fog.w * toward2 * toward2 * toward2);
}

float film1(float x) { return clamp(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0); }

// Film curve, part per channel and part on the brightest one with the hue kept: per channel alone turns red lanterns yellow.
vec3 tone(vec3 c) {
    c = max(c, vec3(0.0)) * u_exposure;
    float top = max(max(c.r, c.g), max(c.b, 1e-5));
    float top_out = film1(top);
    vec3 hue = mix(c / top, vec3(1.0, 0.86, 0.60), 0.70 * smoothstep(2.4, 10.0, top)) * top_out;
    vec3 o = 0.45 * vec3(film1(c.r), film1(c.g), film1(c.b)) + 0.55 * hue;
    o = o * 0.985 + vec3(0.0024, 0.0034, 0.0066);  // no pure black
    return pow(o, vec3(1.0 / 2.2));
}

// Slope of the water at a point of its plane: two scrolling gradients and the rings that the bow sends out.
vec2 water_slope(vec2 p) {
    vec2 flow = u_water.zw * u_time_s;
    vec2 a = textureLod(u_noise, (p - flow) * 0.043 + vec2(0.011, 0.007) * u_time_s, 0.0).gb - 0.5;
    vec2 b = textureLod(u_noise, (p.yx - flow.yx) * 0.137 + vec2(-0.021, 0.017) * u_time_s, 0.0).bg - 0.5;
    vec2 s = (a * 0.075 + b * 0.055) * u_water.y;
    vec2 away = p - u_bow.xy;
    float r = length(away) + 1e-3;
    s += away / r * (0.030 * u_bow.z * sin(5.5 * r - 6.0 * u_time_s) * exp(-0.28 * r));
    return s;
}

// Flame: never faster than 3 Hz, never more than 15 %.
float flicker(float phase) {
    float t = u_time_s + 37.0 * phase;
    return 1.0 + 0.10 * sin(7.3 * t) * sin(3.1 * t) + 0.05 * sin(17.0 * t);
}
