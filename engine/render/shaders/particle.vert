#version 330
#include common

// Every particle is a pure function of its seed and the scene's time: seeking costs nothing.
uniform mat4 p3d_ViewProjectionMatrix;
uniform int u_kind;              // order of ParticleKind
uniform vec3 u_centre;
uniform vec3 u_size;
uniform float u_rate;
uniform float u_pixel_rad;
uniform float u_gain;
in vec4 p3d_Vertex;              // seeds 0..1 in xyz
in vec2 p3d_MultiTexCoord0;      // corner -1..1
in vec4 glow;                    // seeds 0..1
out vec2 v_corner;
out vec3 v_at;
out vec4 v_life;                 // opacity, warmth, spin x, spin y

const float TAU = 6.2831853;

void main() {
    vec3 seed = p3d_Vertex.xyz;
    vec4 more = glow;
    float t = u_time_s * u_rate;
    vec3 box = (seed - 0.5) * u_size;
    vec3 at = u_centre + box;
    float radius = 0.03;
    float opacity = 1.0;
    float warm = more.y;
    vec2 spin = vec2(1.0, 0.0);
    vec2 stretch = vec2(1.0);
    if (u_kind == 0) {                      // sparks: rise 7 m in 17 s
        float p = fract(more.x + t / 17.0);
        at.z = u_centre.z - 0.5 * u_size.z + 7.0 * p;
        at.xy += vec2(sin(TAU * (2.0 * p + more.y)), cos(TAU * (1.7 * p + more.z))) * (0.25 + 0.9 * p);
        opacity = smoothstep(0.0, 0.06, p) * pow(1.0 - p, 1.4);
        radius = 0.022 + 0.028 * more.w;
    } else if (u_kind == 1) {               // petals: fall 7.5 m in 29 s, turning
        float p = fract(more.x + t / 29.0);
        at.z = u_centre.z + 0.5 * u_size.z - 7.5 * p;
        at.xy += vec2(sin(TAU * (3.0 * p + more.y)) * 0.5 + 1.6 * p, cos(TAU * (2.3 * p + more.z)) * 0.4);
        float turn = TAU * (more.w + t * (0.15 + 0.25 * more.y));
        spin = vec2(cos(turn), sin(turn));
        stretch = vec2(0.62, 0.25 + 0.75 * abs(sin(turn * 1.7 + more.z * TAU)));
        opacity = smoothstep(0.0, 0.05, p) * (1.0 - smoothstep(0.94, 1.0, p));
        radius = 0.022 + 0.014 * more.z;
    } else if (u_kind == 2) {               // fireflies: three unrelated sines
        at += vec3(sin(0.31 * t + TAU * more.x), sin(0.23 * t + TAU * more.y), 0.5 * sin(0.41 * t + TAU * more.z)) * 1.3;
        float pulse = sin((0.5 + 0.6 * more.w) * t + TAU * more.x);
        opacity = smoothstep(-0.2, 0.9, pulse);
        radius = 0.04;
    } else if (u_kind == 3) {               // sky lanterns: 250 s to the top
        float p = fract(more.x + t / 250.0);
        at.z = u_centre.z - 0.5 * u_size.z + u_size.z * p;
        at.xy += vec2(sin(0.05 * t + TAU * more.y) * 2.0 + 14.0 * p, cos(0.043 * t + TAU * more.z) * 2.0);
        opacity = smoothstep(0.0, 0.02, p) * (1.0 - smoothstep(0.85, 1.0, p)) * flicker(more.w);
        radius = 0.42 + 0.2 * more.w;
        stretch = vec2(0.8, 1.05);
    } else if (u_kind == 4) {               // spray: thrown up and falling back within 1.1 s
        float p = fract(more.x + t / 1.1);
        at.z = u_centre.z - 0.5 * u_size.z + u_size.z * (seed.z * 0.4) + 3.2 * p * (0.5 + more.w) - 4.2 * p * p;
        at.xy += (more.yz - 0.5) * 1.6 * p;
        opacity = 0.85 * (1.0 - p) * smoothstep(0.0, 0.1, p);
        radius = 0.025 + 0.05 * p;
    } else if (u_kind == 5) {               // mist: slow large puffs
        float p = fract(more.x + t / 24.0);
        at.xy += vec2(sin(TAU * more.y + 0.1 * t), cos(TAU * more.z + 0.08 * t)) * 1.5;
        at.z += 0.8 * p;
        opacity = 0.24 * sin(3.14159 * p);
        radius = 1.2 + 1.6 * more.w;
    } else if (u_kind == 6) {               // rain: 7 m/s
        float p = fract(more.x + t * 7.0 / u_size.z);
        at.z = u_centre.z + u_size.z * (0.5 - p);
        opacity = 0.5;
        radius = 0.16;
        stretch = vec2(0.05, 1.0);
    } else {                                // smoke: rises 5 m in 9 s, widening
        float p = fract(more.x + t / 9.0);
        at.z = u_centre.z - 0.5 * u_size.z + 5.0 * p;
        at.xy += vec2(sin(TAU * (p + more.y)), cos(TAU * (0.8 * p + more.z))) * 0.5 * p + vec2(0.8, 0.1) * p * p;
        opacity = 0.32 * sin(3.14159 * p) * (1.0 - 0.5 * p);
        radius = 0.18 + 1.0 * p;
    }
    vec3 forward = at - u_head;
    float away = length(forward);
    forward /= max(away, 1e-3);
    vec3 right = normalize(cross(forward, vec3(0.0, 0.0, 1.0) + 1e-3 * forward.yxz));
    vec3 up = cross(right, forward);
    float least = 0.9 * u_pixel_rad * away;  // never below a pixel, or it crawls
    if (u_kind == 6) stretch.x = max(0.05, 0.8 * least / radius);
    else if (radius < least) { opacity *= radius / least; radius = least; }
    // Nothing bright or large within arm's reach of the eyes.
    opacity *= smoothstep(u_kind == 2 ? 1.5 : 0.4, u_kind == 2 ? 4.0 : 1.8, away) * u_gain;
    if (u_kind < 4) radius *= 1.6;           // room for the soft edge
    vec2 c = p3d_MultiTexCoord0 * stretch;
    vec2 turned = vec2(c.x * spin.x - c.y * spin.y, c.x * spin.y + c.y * spin.x);
    v_corner = p3d_MultiTexCoord0;
    v_at = at + (right * turned.x + up * turned.y) * radius;
    v_life = vec4(opacity, warm, 0.0, 0.0);
    if (at.z < u_water.x + 0.02 && u_kind != 4) v_life.x = 0.0;
    gl_Position = p3d_ViewProjectionMatrix * vec4(v_at, 1.0);
}
