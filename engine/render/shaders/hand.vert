#version 330

// Capsules between two points each, with a radius at either end.
uniform mat4 p3d_ModelMatrix;
uniform mat4 p3d_ViewProjectionMatrix;
uniform vec4 u_from[28];         // xyz, radius
uniform vec4 u_to[28];
in vec4 p3d_Vertex;              // on the unit sphere, z along the capsule
in vec4 glow;                    // capsule, end 0 or 1
out vec3 v_at;
out vec3 v_normal;
out float v_along;

void main() {
    int number = int(glow.x + 0.5);
    vec4 from = u_from[number];
    vec4 to = u_to[number];
    vec3 axis = to.xyz - from.xyz;
    float reach = length(axis);
    vec3 z = reach > 1e-5 ? axis / reach : vec3(0.0, 0.0, 1.0);
    vec3 x = normalize(cross(abs(z.z) < 0.9 ? vec3(0.0, 0.0, 1.0) : vec3(1.0, 0.0, 0.0), z));
    vec3 out_of = x * p3d_Vertex.x + cross(z, x) * p3d_Vertex.y + z * p3d_Vertex.z;
    vec4 end = mix(from, to, glow.y);
    vec4 world = p3d_ModelMatrix * vec4(end.xyz + out_of * end.w, 1.0);
    v_at = world.xyz;
    v_normal = mat3(p3d_ModelMatrix) * out_of;
    v_along = glow.y;
    gl_Position = p3d_ViewProjectionMatrix * world;
}
